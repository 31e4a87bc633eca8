with parameters as (
    {{ parameters_of('I01', ['minimum_days_enrolled', 'minimum_absent_percent']) }}
),

days as (
    {{ days_by_organization(['school']) }}
),

student_rows as (
    {{ chronic_absence_rows('days') }}
),

{{ disaggregate('student_rows', 'I01', 1, 'rate', 'attendance') }}
