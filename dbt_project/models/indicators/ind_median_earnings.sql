{{ median_earnings('I28c') }}
