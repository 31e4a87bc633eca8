with parameters as (
    {{ parameters_of('I34', ['minimum_hours']) }}
),

teachers as (
    {{ learning_hours() }}
),

judged as (
    select
        p.authority, t.school_year, t.org_level, t.org_id,
        -- Whoever has enough hours without the untold ones has enough.
        case when t.hours is not null or t.known_hours >= p.minimum_hours then 1 end as is_known,
        case when coalesce(t.hours, t.known_hours) >= p.minimum_hours then 1 else 0 end as has_enough
    from teachers as t
    inner join parameters as p on {{ holds_in('p', 't.school_year') }}
),

organization_rows as (
    select
        authority, school_year, org_level, org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        sum(has_enough) as numerator, count(is_known) as denominator, count(is_known) as student_count,
        count(*) - count(is_known) as n_missing, make_date(school_year, 6, 30) as as_of_date
    from judged
    group by authority, school_year, org_level, org_id
),

{{ organization_figures('organization_rows', 'I34', 1, 'rate', 'professional_learning', number_type='bigint') }}
