{{ unduplicated_days([]) }}
