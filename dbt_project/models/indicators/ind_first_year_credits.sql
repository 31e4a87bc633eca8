{{ first_year('I26a', parameters=['full_time_credits', 'part_time_credits'],
    known='(c.first_year_credits is not null and c.is_full_time is not null)',
    reached='c.first_year_credits >= case when c.is_full_time then p.full_time_credits else p.part_time_credits end') }}
