{{ second_fall('I25b', stayed="(c.second_fall_status = 'same_institution' or c.has_award_there_by_second_fall)") }}
