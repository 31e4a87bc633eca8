with latest as (
    select indicator_table, max(school_year) as school_year
    from {{ ref('state_indicators') }}
    where value is not null
    group by indicator_table
),

held as (
    select
        l.indicator_table, l.school_year, count(*) as figure_count,
        count(distinct s.org_id) filter (where s.org_level = 'school') as school_count,
        count(distinct s.disaggregate_type) filter (
            where s.disaggregate_type in ('{{ var("breakdowns") | join("', '") }}')) as breakdown_count,
        -- Of figures about everyone: of a group, who is not known to be in it is missing from another one.
        min(s.coverage_rate) filter (
            where s.org_level = 'state' and s.disaggregate_type not in ('{{ var("breakdowns") | join("', '") }}')) as coverage_rate
    from latest as l
    inner join {{ ref('state_indicators') }} as s
        on l.indicator_table = s.indicator_table and l.school_year = s.school_year and s.value is not null
    group by l.indicator_table, l.school_year
)

select
    cast(e.sort_order as integer) as sort_order,
    cast(e.element as varchar) as element,
    cast(e.paragraph as varchar) as paragraph,
    cast(e.requirement as varchar) as requirement,
    cast(i.indicator_id as varchar) as indicator_id,
    cast(d.indicator_table as varchar) as indicator_table,
    cast(d.title as varchar) as title,
    cast(case
        when i.indicator_id is null then e.absence || ' here'
        when h.school_year is null then 'no data'
        else 'reported'
    end as varchar) as reporting_status,
    cast(h.school_year as integer) as school_year,
    cast(h.figure_count as bigint) as figure_count,
    cast(h.school_count as bigint) as school_count,
    cast(h.breakdown_count as bigint) as breakdown_count,
    cast(h.coverage_rate as decimal(18, 6)) as coverage_rate,
    cast(e.note as varchar) as note,
    cast(e.source as varchar) as source
from {{ ref('report_card_elements') }} as e
left join {{ ref('report_card_indicators') }} as i on e.element = i.element
left join {{ ref('dim_indicator') }} as d on i.indicator_id = d.definition_id
left join held as h on d.indicator_table = h.indicator_table
