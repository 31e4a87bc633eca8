-- Courses with a section, at the level their school or district gives them.
with taught as (
    select
        t.lea_id, t.school_year, t.org_id as school_id, t.course_id,
        coalesce(t.subject_code, l.subject_code, 'NotTold') as subject_code,
        coalesce(t.course_level_code, l.course_level_code) as course_level_code
    from {{ ref('dim_course') }} as t
    left join {{ ref('dim_course') }} as l
        on t.source_id = l.source_id and t.school_year = l.school_year and t.lea_id = l.org_id and t.course_id = l.course_id
    where t.is_taught
),

offered as (
    select distinct school_year, school_id, course_id, subject_code, course_level_code
    from taught
    where course_level_code in ('AdvancedPlacement', 'InternationalBaccalaureate', 'Dual')
),

describers as (
    select distinct lea_id, school_year from {{ ref('dim_course') }} where course_level_code is not null
),

{{ high_schools_of('describers') }},

places as (
    select
        school_year, org_level, org_id, sum(is_told) as school_count, sum(1 - is_told) as n_missing,
        min(as_of_date) as as_of_date
    from placed
    group by school_year, org_level, org_id
),

kinds as (
    select 'all' as disaggregate_type, 'All' as disaggregate_value
    union all
    select * from (values
        ('course_level', 'AdvancedPlacement'), ('course_level', 'InternationalBaccalaureate'), ('course_level', 'Dual')
    ) as v (disaggregate_type, disaggregate_value)
    union all
    select distinct 'subject', subject_code from offered
),

courses as (
    select
        p.school_year, p.org_level, p.org_id, k.disaggregate_type, k.disaggregate_value, count(*) as course_count
    from placed as p
    inner join offered as o on p.school_year = o.school_year and p.school_id = o.school_id
    inner join kinds as k
        on k.disaggregate_type = 'all'
        or (k.disaggregate_type = 'course_level' and k.disaggregate_value = o.course_level_code)
        or (k.disaggregate_type = 'subject' and k.disaggregate_value = o.subject_code)
    where p.is_told = 1
    group by p.school_year, p.org_level, p.org_id, k.disaggregate_type, k.disaggregate_value
),

organization_rows as (
    select
        'education_to_workforce' as authority, p.school_year, p.org_level, p.org_id, k.disaggregate_type,
        k.disaggregate_value, coalesce(c.course_count, 0) as numerator, p.school_count as denominator,
        p.school_count as student_count, p.n_missing, p.as_of_date
    from places as p
    cross join kinds as k
    left join courses as c
        on p.school_year = c.school_year and p.org_level = c.org_level and p.org_id = c.org_id
        and k.disaggregate_type = c.disaggregate_type and k.disaggregate_value = c.disaggregate_value
    where exists (select 1 from describers as d where d.school_year = p.school_year)
),

{{ organization_figures('organization_rows', 'I19a', 1, 'mean', 'courses', number_type='bigint') }}
