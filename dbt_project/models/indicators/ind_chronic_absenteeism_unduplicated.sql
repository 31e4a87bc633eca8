with parameters as (
    {{ parameters_of('I01', ['minimum_days_enrolled', 'minimum_absent_percent']) }}
),

days as (
    {{ days_by_organization(['lea', 'state']) }}
),

student_rows as (
    {{ chronic_absence_rows('days') }}
),

{{ disaggregate('student_rows', 'I01u', 1, 'rate', 'attendance') }}
