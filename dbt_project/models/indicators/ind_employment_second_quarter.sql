{{ employment_rate('I28a') }}
