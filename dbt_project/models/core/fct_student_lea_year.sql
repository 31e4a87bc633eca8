{{ unduplicated_days(['lea_id']) }}
