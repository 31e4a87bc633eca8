{{ graduation_rate('I13e6', 6) }}
