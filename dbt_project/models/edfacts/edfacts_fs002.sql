with ages as (
    select student_key, school_year, max(cast(age_on_october_1 as integer)) as age
    from {{ ref('stg_students') }}
    group by student_key, school_year
),

-- The child count day is October 1, the first that the law allows, and the day of which ages are known.
eligibilities as (
    select
        student_key, school_year, primary_disability_code, educational_environment_code,
        row_number() over (
            partition by student_key, school_year
            order by begin_date desc, primary_disability_code nulls last, educational_environment_code nulls last
        ) as recency
    from {{ ref('fct_idea_eligibility') }}
    where begin_date <= make_date(school_year - 1, 10, 1)
        and (end_date is null or end_date >= make_date(school_year - 1, 10, 1))
),

children as (
    select
        m.school_year, m.state_id, m.lea_id, m.school_id, 'IDEADISAB' as table_name, s.raceethnic, s.sex, s.lepboth,
        {{ permitted_value('DISABCATIDEA') }} as disabcatidea,
        {{ permitted_value('EDENVIRIDEASA') }} as edenvirideasa,
        case
            when a.age is null then 'MISSING'
            when a.age = 5 then 'AGE05K'
            else cast(a.age as varchar)
        end as agesa,
        1 as amount
    from eligibilities as e
    inner join {{ ref('fct_membership') }} as m
        on m.authority = 'edfacts' and e.student_key = m.student_key and e.school_year = m.school_year
    inner join {{ ref('edfacts_student') }} as s on e.student_key = s.student_key and e.school_year = s.school_year
    left join ages as a on e.student_key = a.student_key and e.school_year = a.school_year
    {{ permitted_join('e', 'primary_disability_code', 'DISABCATIDEA') }}
    {{ permitted_join('e', 'educational_environment_code', 'EDENVIRIDEASA') }}
    -- School age: 6 to 21, and 5 in kindergarten or above. The younger are of FS089.
    where e.recency = 1
        and (a.age is null or a.age between 6 and 21 or (a.age = 5 and m.grade_level_code <> 'PK'))
),

by_level as (
    {{- edfacts_by_level('children', ['state', 'lea', 'school']) }}
),

placed as (
    -- Of a school, nobody is reported at home, in a hospital, or placed by parents in a private school.
    select *
    from by_level
    where org_level <> 'school' or edenvirideasa not in ('HH', 'PPPS')
),

{{ edfacts_counts('FS002', 'placed', ['agesa', 'raceethnic', 'sex', 'disabcatidea', 'edenvirideasa', 'lepboth']) }}
