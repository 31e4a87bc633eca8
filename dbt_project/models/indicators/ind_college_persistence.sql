{{ second_fall('I25a', stayed="(c.second_fall_status in ('same_institution', 'other_institution', 'completed') or c.has_award_by_second_fall)") }}
