with parameters as (
    select * from (
        {{ parameters_of('I29b', ['academic_year_days', 'part_time_percent']) }}
    ) as p
    where academic_year_days is not null
),

left_high_school as (
    select student_key, exit_date from {{ ref('fct_education_exit') }} where population = 'high_school_leavers'
),

-- Terms begun before high school was left are dual enrollment, which the high school pays.
terms as (
    select
        e.student_key, e.institution_id, {{ school_year_of('e.begin_date') }} as academic_year,
        {{ days_between('e.begin_date', 'e.end_date') }} + 1 as term_days, e.enrollment_intensity_code
    from {{ ref('fct_postsecondary_enrollment') }} as e
    left join left_high_school as h on e.student_key = h.student_key
    where h.exit_date is null or e.begin_date >= h.exit_date
),

-- Full-time days, in hundredths. One term of which its end or its intensity is not told leaves the year unknown.
years as (
    select
        t.student_key, t.institution_id, t.academic_year, p.academic_year_days,
        case when count(t.term_days) = count(*) and count(t.enrollment_intensity_code) = count(*) then sum(
            t.term_days * case when t.enrollment_intensity_code = '01' then 100 else p.part_time_percent end)
        end as day_hundredths
    from terms as t
    inner join parameters as p on {{ holds_in('p', 't.academic_year') }}
    group by t.student_key, t.institution_id, t.academic_year, p.academic_year_days
),

-- Summer terms beside two semesters make no second year of it. Not `least`, which takes an unknown for no limit.
shares as (
    select
        student_key, institution_id, academic_year,
        {{ exact_ratio('day_hundredths', '(100 * academic_year_days)') }} as year_share
    from (
        select
            student_key, institution_id, academic_year, academic_year_days,
            case
                when day_hundredths > 100 * academic_year_days then 100 * academic_year_days
                else day_hundredths
            end as day_hundredths
        from years
    ) as limited
)

select
    s.student_key, s.institution_id, s.academic_year, s.year_share, n.net_price_usd, r.interest_basis_points,
    case
        when s.year_share is null then 'enrollment_not_told'
        when n.net_price_usd is null then 'no_net_price'
        when r.interest_basis_points is null then 'no_interest_rate'
        else 'known'
    end as cost_status,
    cast(s.year_share * n.net_price_usd as decimal(18, 2)) as cost_usd
from shares as s
left join {{ ref('fct_net_price') }} as n on s.institution_id = n.institution_id and s.academic_year = n.academic_year
left join {{ ref('loan_interest_rates') }} as r on s.academic_year = r.academic_year
