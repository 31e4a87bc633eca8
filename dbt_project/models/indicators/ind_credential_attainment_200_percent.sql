{{ credential_attainment('I27x200', 200) }}
