with teachers as (
    select
        school_year, staff_key, org_level, org_id, lea_id, census_date, fte, years_of_experience,
        -- Who teaches all subjects of a grade is licensed for the grade, not for a subject.
        classification_code in ('ElementaryTeachers', 'KindergartenTeachers', 'PrekindergartenTeachers') as is_generalist
    from {{ ref('fct_staff_position') }}
    where staff_role = 'teacher'
),

people as (
    select distinct school_year, staff_key, census_date from teachers
),

licenses as (
    select
        p.school_year, p.staff_key, r.standing, {{ license_field('c.credential_field_code') }} as field
    from people as p
    inner join {{ ref('fct_staff_credential') }} as c
        on p.staff_key = c.staff_key
        and coalesce(c.issue_date, p.census_date) <= p.census_date
        and coalesce(c.expiration_date, p.census_date) >= p.census_date
    inner join {{ ref('teaching_credential_rules') }} as r on c.credential_type_code = r.credential_type_code
),

standings as (
    select
        school_year, staff_key, bool_or(standing = 'full') as has_full_license,
        bool_or(field is null) as has_license_without_field
    from licenses
    group by school_year, staff_key
),

fields as (
    select distinct school_year, staff_key, field from licenses where field is not null
),

sections_that_day as (
    select distinct
        t.school_year, t.staff_key, t.school_id, t.section_id, t.session_name, t.course_id,
        {{ license_field('s.subject_code') }} as field
    from {{ ref('stg_staff_sections') }} as t
    inner join {{ ref('stg_sections') }} as s
        on t.source_id = s.source_id and t.school_year = s.school_year and t.school_id = s.school_id
        and t.section_id = s.section_id and t.session_name = s.session_name
        and coalesce(t.course_id, s.course_id, '') = coalesce(s.course_id, '')
    where coalesce(t.begin_date, make_date(t.school_year - 1, 10, 1)) <= make_date(t.school_year - 1, 10, 1)
        and coalesce(t.end_date, make_date(t.school_year - 1, 10, 1)) >= make_date(t.school_year - 1, 10, 1)
),

taught as (
    select
        s.school_year, s.staff_key, s.school_id, count(*) as section_count,
        count(*) filter (where f.field is null) as section_count_without_license
    from sections_that_day as s
    left join fields as f on s.school_year = f.school_year and s.staff_key = f.staff_key and s.field = f.field
    where s.field is not null
    group by s.school_year, s.staff_key, s.school_id
),

judged as (
    select
        t.*, case when l.has_full_license then 0 when l.has_full_license is not null then 1 end as is_emergency_or_provisional,
        n.section_count,
        case
            when l.staff_key is null or n.section_count is null then null
            when t.is_generalist and l.has_license_without_field then 0
            -- A license that does not tell its field may cover what seems to be out of field.
            when l.has_license_without_field and n.section_count_without_license > 0 then null
            else n.section_count_without_license
        end as out_of_field_section_count
    from teachers as t
    left join standings as l on t.school_year = l.school_year and t.staff_key = l.staff_key
    left join taught as n
        on t.school_year = n.school_year and t.staff_key = n.staff_key and t.org_id = n.school_id and t.org_level = 'school'
)

select
    school_year, staff_key, org_level, org_id, lea_id, census_date, fte, years_of_experience, is_emergency_or_provisional,
    section_count, out_of_field_section_count,
    case
        when out_of_field_section_count is not null
            then cast({{ half_up('cast(fte * 10000 as bigint) * out_of_field_section_count', 'section_count') }}
                * cast(0.0001 as decimal(5, 4)) as decimal(9, 4))
    end as out_of_field_fte
from judged
