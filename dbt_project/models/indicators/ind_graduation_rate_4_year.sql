{{ graduation_rate('I13', 4) }}
