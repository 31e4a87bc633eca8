{{ breakdown_values() }}
