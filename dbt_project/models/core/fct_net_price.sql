{{ latest_record('stg_net_prices',
    ['institution_id', 'academic_year'],
    ['net_price_usd']) }}
