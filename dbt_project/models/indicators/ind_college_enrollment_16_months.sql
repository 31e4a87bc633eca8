{{ college_enrollment('I24b', 'sixteen_months') }}
