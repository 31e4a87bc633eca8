with parameters as (
    {{ parameters_of('I30', ['minimum_school_members']) }}
),

sources as (
    select 'all' as disaggregate_type, 'All' as disaggregate_value
    union all select 'funding_source', 'Federal'
    union all select 'funding_source', 'StateLocal'
    union all select 'funding_source', 'Missing'
),

-- In cents, so that shares are whole numbers. What is told of no school is central.
spent as (
    select
        school_year, lea_id, case when org_level = 'school' then org_id end as school_id, funding_group,
        coalesce(sum(cast(amount_usd * 100 as bigint)) filter (where exclusion_reason is null), 0) as cents,
        count(*) filter (where exclusion_reason is null) as account_count,
        count(*) filter (where exclusion_reason is not null) as n_missing
    from {{ ref('fct_expenditure') }}
    where exclusion_reason is null or exclusion_reason in ('purpose_unknown', 'amount_unknown')
    group by school_year, lea_id, org_level, org_id, funding_group
),

spent_by_source as (
    select
        p.school_year, p.lea_id, p.school_id, s.disaggregate_type, s.disaggregate_value, sum(p.cents) as cents,
        sum(p.account_count) as account_count, sum(p.n_missing) as n_missing
    from spent as p
    inner join sources as s on s.disaggregate_value = 'All' or s.disaggregate_value = p.funding_group
    where p.lea_id is not null
    group by p.school_year, p.lea_id, p.school_id, s.disaggregate_type, s.disaggregate_value
),

told as (
    select school_year, lea_id, count(school_id) > 0 as has_sites
    from spent
    where account_count > 0 and lea_id is not null
    group by school_year, lea_id
),

members as (
    {{ october_members_of('told', []) }}
),

districts as (
    select
        m.school_year, m.org_level, m.org_id, m.members, s.disaggregate_type, s.disaggregate_value, sum(p.cents) as cents,
        sum(p.account_count) as account_count, sum(p.n_missing) as n_missing
    from members as m
    cross join sources as s
    left join spent_by_source as p
        on m.school_year = p.school_year and m.lea_id = p.lea_id and s.disaggregate_value = p.disaggregate_value
    where m.org_level = 'lea'
    group by m.school_year, m.org_level, m.org_id, m.members, s.disaggregate_type, s.disaggregate_value
),

schools as (
    -- Its own, and the share of what is central that its students have. A district that tells sites nothing has no schools here.
    select
        m.school_year, m.org_level, m.org_id, m.members, s.disaggregate_type, s.disaggregate_value,
        coalesce(p.cents, 0)
            + coalesce(sign(c.cents) * {{ half_up('abs(c.cents) * m.members', 'l.members') }}, 0) as cents,
        coalesce(p.account_count, 0) + coalesce(c.account_count, 0) as account_count,
        coalesce(p.n_missing, 0) + coalesce(c.n_missing, 0) as n_missing
    from members as m
    inner join told as t on m.school_year = t.school_year and m.lea_id = t.lea_id and t.has_sites
    inner join members as l on m.school_year = l.school_year and m.lea_id = l.org_id and l.org_level = 'lea'
    cross join sources as s
    left join spent_by_source as p
        on m.school_year = p.school_year and m.org_id = p.school_id and m.lea_id = p.lea_id
        and s.disaggregate_value = p.disaggregate_value
    left join spent_by_source as c
        on m.school_year = c.school_year and m.lea_id = c.lea_id and c.school_id is null
        and s.disaggregate_value = c.disaggregate_value
    where m.org_level = 'school'
),

states as (
    select
        m.school_year, m.org_level, m.org_id, m.members, d.disaggregate_type, d.disaggregate_value, sum(d.cents) as cents,
        sum(d.account_count) as account_count, sum(d.n_missing) as n_missing
    from members as m
    inner join districts as d on m.school_year = d.school_year
    where m.org_level = 'state'
    group by m.school_year, m.org_level, m.org_id, m.members, d.disaggregate_type, d.disaggregate_value
),

organization_rows as (
    select
        p.authority, f.school_year, f.org_level, f.org_id, f.disaggregate_type, f.disaggregate_value,
        cast(coalesce(f.cents, 0) as decimal(18, 0)) * cast(0.01 as decimal(3, 2)) as numerator,
        f.members as denominator, coalesce(f.account_count, 0) as student_count, coalesce(f.n_missing, 0) as n_missing,
        make_date(f.school_year, 6, 30) as as_of_date
    from (select * from districts union all select * from schools union all select * from states) as f
    inner join parameters as p on {{ holds_in('p', 'f.school_year') }}
    where f.org_level <> 'school' or f.members >= p.minimum_school_members
),

{{ organization_figures('organization_rows', 'I30', 1, 'usd', 'finance') }}
