with parameters as (
    {{ parameters_of('I15', ['summer_end_month', 'summer_end_day']) }}
),

senders_of_diplomas as (
    select distinct lea_id, school_year from {{ ref('stg_diplomas') }}
),

credentials as (
    select
        d.student_key, d.lea_id, d.school_id, d.diploma_date as completion_date, d.diploma_type_code,
        coalesce(r.counts_as, 'other') as counts_as, 'diplomas' as evidence_record
    from {{ ref('stg_diplomas') }} as d
    left join {{ ref('diploma_rules') }} as r on d.diploma_type_code = r.diploma_type_code
    union all
    -- The word of a district counts where it sends no diploma records; where it does, the records are its word.
    select
        e.student_key, e.lea_id, e.school_id, e.exit_date, null,
        case e.exit_type_code when '01921' then 'regular' when '03509' then 'equivalency' else 'other' end, 'enrollments'
    from {{ ref('fct_student_enrollment') }} as e
    left join senders_of_diplomas as s on e.lea_id = s.lea_id and e.school_year = s.school_year
    where e.has_left and e.exit_kind in ('graduated', 'completed') and s.lea_id is null
),

-- What is awarded in the summer after a school year belongs to it.
in_years as (
    select
        c.*, p.summer_end_month, p.summer_end_day,
        cast(extract(year from c.completion_date) + case
            when c.completion_date > make_date(
                cast(extract(year from c.completion_date) as integer), p.summer_end_month, p.summer_end_day) then 1
            else 0
        end as integer) as school_year,
        case c.counts_as when 'regular' then 1 when 'alternate' then 2 when 'equivalency' then 3 else 4 end as rank_of_kind
    from credentials as c
    inner join parameters as p on {{ holds_in('p', 'extract(year from c.completion_date)') }}
),

-- The first credential of each kind; sent again by another district or year it is the same one.
firsts as (
    select * from (
        select
            *,
            row_number() over (
                partition by student_key, counts_as
                order by completion_date, lea_id, school_id nulls last, diploma_type_code nulls last
            ) as place
        from in_years
    ) as ordered
    where place = 1
),

last_schools as (
    select f.student_key, f.counts_as, u.school_id, u.lea_id,
        row_number() over (partition by f.student_key, f.counts_as order by u.school_year desc) as recency
    from firsts as f
    inner join {{ ref('dim_student_year') }} as u on f.student_key = u.student_key and u.school_year <= f.school_year
),

located as (
    select
        f.*,
        coalesce(f.school_id, case when l.lea_id = f.lea_id then l.school_id end) as awarding_school_id,
        min(f.rank_of_kind) over (
            partition by f.student_key order by f.school_year range between unbounded preceding and current row
        ) as best_rank_by_then
    from firsts as f
    left join last_schools as l on f.student_key = l.student_key and f.counts_as = l.counts_as and l.recency = 1
),

deliveries as (
    select lea_id, school_year, min(as_of_date) as as_of_date
    from {{ ref('dim_delivery') }}
    where lea_id is not null
    group by lea_id, school_year
)

select
    c.student_key, c.school_year, c.counts_as, c.diploma_type_code, c.completion_date, c.evidence_record,
    coalesce(o.lea_id, c.lea_id) as lea_id, c.awarding_school_id as school_id,
    make_date(c.school_year - 1, c.summer_end_month, c.summer_end_day) + 1 as period_start,
    make_date(c.school_year, c.summer_end_month, c.summer_end_day) as period_end,
    coalesce(d.as_of_date, c.completion_date) as as_of_date,
    case
        when c.best_rank_by_then < c.rank_of_kind then 'better_credential_by_then'
        -- Reported late, of a year before the district's data begin: that class is not all here.
        when d.lea_id is null then 'year_not_sent'
    end as exclusion_reason
from located as c
left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and c.awarding_school_id = o.org_id
left join deliveries as d on c.lea_id = d.lea_id and c.school_year = d.school_year
