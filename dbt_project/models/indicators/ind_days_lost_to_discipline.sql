{{ discipline_figures('I16d', 'openslds', 'days_lost', 'is_discipline_known and unmeasured_count = 0', 'mean',
    'decimal(18, 2)') }}
