-- Of a high school's graduates, how many went where first. The values of one organization add up to ind_college_enrollment_16_months.
with members as (
    select
        school_year, school_id, lea_id, institution_sector, as_of_date,
        case when enrollment_status = 'no_information' then 1 else 0 end as n_missing
    from {{ ref('fct_college_enrollment_window') }}
    where window_name = 'sixteen_months'
),

placed as (
    {{- at_every_level('members', ['school_year', 'institution_sector', 'as_of_date', 'n_missing']) }}
),

sectors as (
    select * from (values
        ('InStatePublicFourYear'), ('InStatePublicTwoYear'), ('InStatePrivate'), ('OutOfState'), ('Unknown')
    ) as v (institution_sector)
),

organization_rows as (
    select
        'edfacts' as authority, p.school_year, p.org_level, p.org_id, 'institution_sector' as disaggregate_type,
        v.institution_sector as disaggregate_value,
        sum(case when p.institution_sector = v.institution_sector then 1 else 0 end) as numerator,
        count(*) as denominator, count(*) - sum(p.n_missing) as student_count, sum(p.n_missing) as n_missing,
        min(p.as_of_date) as as_of_date
    from placed as p
    cross join sectors as v
    group by p.school_year, p.org_level, p.org_id, v.institution_sector
),

{{ organization_figures('organization_rows', 'I24c', 1, 'rate', 'postsecondary', period_type='cohort', number_type='bigint') }}
