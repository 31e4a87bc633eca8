{{ credential_attainment('I27x100', 100) }}
