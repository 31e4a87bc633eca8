{{ employment_rate('I28b') }}
