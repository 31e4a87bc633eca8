{{ first_year('I26b',
    known='(c.gateway_mathematics_code is not null and c.gateway_english_code is not null)',
    reached="c.gateway_mathematics_code = 'Yes' and c.gateway_english_code = 'Yes'") }}
