{{ college_entrance('I22a', known='true', counted="exam_outcome <> 'not_taken'") }}
