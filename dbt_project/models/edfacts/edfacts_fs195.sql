with parameters as (
    {{ parameters_of('I01', ['minimum_days_enrolled', 'minimum_absent_percent']) }}
),

students as (
    select
        y.school_year, y.school_id, 'CHRONABSENT' as table_name, s.raceethnic, s.sex, s.disabstatus, s.disabstatus504,
        s.leponly, s.homelsenrlstat,
        case
            when {{ is_at_least_percent('y.days_absent', 'y.days_enrolled', 'p.minimum_absent_percent') }} then 1 else 0
        end as amount
    from {{ ref('fct_student_school_year') }} as y
    inner join parameters as p on p.authority = 'edfacts' and {{ holds_in('p', 'y.school_year') }}
    inner join {{ ref('edfacts_student') }} as s on y.student_key = s.student_key and y.school_year = s.school_year
    -- Kindergarten to grade 12 and ungraded: neither prekindergarten, nor grade 13, nor adults.
    where y.days_absent is not null and y.days_enrolled >= p.minimum_days_enrolled
        and y.grade_level_code in (
            'KG', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12', 'UG')
),

by_level as (
    {{- edfacts_by_level('students', ['school']) }}
),

{{ edfacts_counts('FS195', 'by_level', ['sex', 'raceethnic', 'disabstatus', 'disabstatus504', 'leponly', 'homelsenrlstat']) }}
