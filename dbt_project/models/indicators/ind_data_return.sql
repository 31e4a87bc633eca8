-- Who has something to read: districts and schools with students in the year, teachers with a section. A teacher's number
-- that is a district's own is another key in the state's log.
with school_years as (
    select distinct y.school_year, y.school_id, o.lea_id
    from {{ ref('fct_student_school_year') }} as y
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and y.school_id = o.org_id
),

scopes as (
    select school_year, lea_id, max(student_id_scope) as id_scope
    from {{ ref('stg_deliveries') }}
    group by school_year, lea_id
),

eligible as (
    select distinct
        'district' as reader, school_year, 'other' as org_level, cast(null as varchar) as org_id, lea_id, lea_id as reader_id,
        'state' as id_scope
    from school_years
    where lea_id is not null
    union all
    select 'school', school_year, 'school', school_id, lea_id, school_id, 'state' from school_years
    union all
    select distinct 'teacher', t.school_year, 'school', t.school_id, o.lea_id, t.staff_key, coalesce(s.id_scope, 'state')
    from {{ ref('stg_staff_sections') }} as t
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and t.school_id = o.org_id
    left join scopes as s on t.school_year = s.school_year and t.lea_id = s.lea_id
    where t.staff_key is not null
),

accesses as (
    select
        school_year, tier, case when tier = 'teacher' then staff_key else org_id end as reader_id, lea_id, last_access_date
    from {{ ref('fct_data_access') }}
    where exclusion_reason is null
),

-- Whose reading is recorded at all: everybody's of a tier where the state's front writes the log, else that of the district
-- whose front does. A front that serves one tier says nothing of another.
logs as (
    select school_year, tier, lea_id, max(last_access_date) as last_access_date
    from accesses
    group by school_year, tier, lea_id
),

readers as (
    select
        e.reader, e.school_year, e.org_level, e.org_id, e.lea_id, e.reader_id, max(l.last_access_date) as last_access_date,
        max(case when l.tier is not null then a.reader_id end) as read_by
    from eligible as e
    left join logs as l
        on e.school_year = l.school_year and e.reader = l.tier
        and (e.lea_id = l.lea_id or (l.lea_id is null and e.id_scope = 'state'))
    left join (select distinct school_year, tier, reader_id from accesses) as a
        on e.school_year = a.school_year and e.reader = a.tier and e.reader_id = a.reader_id
    group by e.reader, e.school_year, e.org_level, e.org_id, e.lea_id, e.reader_id
),

spread as (
    {{ spread_over_levels('readers', ['reader', 'school_year', 'reader_id', 'last_access_date', 'read_by']) }}
),

-- A teacher at two schools is one teacher of the district.
organization_rows as (
    select
        'openslds' as authority, school_year, org_level, org_id, 'reader' as disaggregate_type, reader as disaggregate_value,
        count(distinct read_by) as numerator,
        count(distinct case when last_access_date is not null then reader_id end) as denominator,
        count(distinct case when last_access_date is not null then reader_id end) as student_count,
        count(distinct reader_id)
            - count(distinct case when last_access_date is not null then reader_id end) as n_missing,
        max(last_access_date) as as_of_date
    from spread
    group by school_year, org_level, org_id, reader
    having count(last_access_date) > 0
),

{{ organization_figures('organization_rows', 'L2', 1, 'rate', 'data_return', number_type='bigint') }}
