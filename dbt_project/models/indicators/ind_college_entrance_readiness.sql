{{ college_entrance('I22b', known="exam_outcome <> 'taken_without_level'", counted="exam_outcome = 'ready'") }}
