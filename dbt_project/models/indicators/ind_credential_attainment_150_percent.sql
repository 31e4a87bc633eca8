{{ credential_attainment('I27x150', 150) }}
