{{ college_enrollment('I24a', 'october_31') }}
