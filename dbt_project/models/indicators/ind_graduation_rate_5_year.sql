{{ graduation_rate('I13e5', 5) }}
