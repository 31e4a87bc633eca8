{{ median_earnings('I28d', in_prices=true) }}
