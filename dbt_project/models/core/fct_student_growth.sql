{%- set peers = "school_year, subject, grade_level_code, prior_grade_level_code" -%}
with parameters as (
    {{ parameters_of('I08', ['scale_is_vertical', 'minimum_peers', 'peer_bins']) }}
),

scores as (
    select *
    from {{ ref('fct_assessment_participation') }}
    where subject in ('Mathematics', 'ReadingLanguageArts')
),

tested_before as (
    select distinct school_year + 1 as school_year, subject, grade_level_code
    from scores
    where assessment_type_code = 'StateSummative' and level_number is not null
),

-- This year's and, if the kind of score is the same, those of the two years before.
paired as (
    select
        s.student_key, s.school_year, s.subject, s.lea_id, s.school_id, s.grade_level_code, s.is_full_year_school,
        s.is_full_year_lea, s.is_full_year_state, s.as_of_date, p.grade_level_code as prior_grade_level_code,
        case when s.has_valid_score then s.level_number end as level_number, p.level_number as prior_level_number,
        case when s.has_valid_score then s.score end as score,
        case when s.score_type = p.score_type then p.score end as prior_score,
        case when s.score_type = p.score_type and s.score_type = q.score_type then q.score end as second_prior_score,
        r.scale_is_vertical, r.minimum_peers, r.peer_bins,
        case
            when 'AlternateAssessmentAlternateStandards' in (s.assessment_type_code, p.assessment_type_code)
                then 'alternate_assessment'
            when p.student_key is null and b.grade_level_code is null then 'prior_grade_not_tested'
        end as exclusion_reason
    from scores as s
    inner join parameters as r on {{ holds_in('r', 's.school_year') }}
    left join scores as p
        on s.student_key = p.student_key and s.subject = p.subject and s.school_year = p.school_year + 1
        and p.assessment_type_administered_code is not null
    left join scores as q
        on s.student_key = q.student_key and s.subject = q.subject and s.school_year = q.school_year + 2
        and q.assessment_type_code = 'StateSummative'
    left join tested_before as b
        on s.school_year = b.school_year and s.subject = b.subject
        and {{ grade_before('s.grade_level_code') }} = b.grade_level_code
    where (s.is_required or s.exclusion_reason = 'results_not_sent') and coalesce(s.participation_code, '') <> 'PARTELP'
),

-- Scores in whole thousandths: sums of them are exact, whatever the order in which they are added.
measured as (
    select
        *, cast(score * 1000 as hugeint) as y, cast(prior_score * 1000 as hugeint) as x1,
        cast(coalesce(second_prior_score, 0) * 1000 as hugeint) as x2,
        case when second_prior_score is null then 1 else 2 end as prior_count,
        rank() over (partition by {{ peers }} order by prior_score) - 1 as below_before,
        count(*) over (partition by {{ peers }}) as peer_count
    from paired
    where exclusion_reason is null and score is not null and prior_score is not null
),

-- Method 2: the score expected of the prior ones by least squares, among students of a grade with as many of them.
sums as (
    select
        {{ peers }}, prior_count, count(*) as n, sum(y) as s_y, sum(x1) as s_1, sum(x2) as s_2, sum(y * y) as s_yy,
        sum(x1 * x1) as s_11, sum(x2 * x2) as s_22, sum(x1 * x2) as s_12, sum(x1 * y) as s_1y, sum(x2 * y) as s_2y
    from measured
    group by {{ peers }}, prior_count
    having count(*) >= max(minimum_peers)
),

products as (
    select
        {{ peers }}, prior_count, n, s_y, s_1, s_2,
        {% for a, b in [('y', 'y'), ('1', '1'), ('2', '2'), ('1', '2'), ('1', 'y'), ('2', 'y')] -%}
        cast(n * s_{{ a }}{{ b }} - s_{{ a }} * s_{{ b }} as double) as c_{{ a }}{{ b }}{{ ',' if not loop.last }}
        {% endfor %}
    from sums
),

fitted as (
    select
        {{ peers }}, prior_count, n, s_y, s_1, s_2, sqrt(c_yy / n / (n - 1)) as deviation,
        case
            when c_11 = 0 then 0
            when has_second then (c_1y * c_22 - c_2y * c_12) / (c_11 * c_22 - c_12 * c_12)
            else c_1y / c_11
        end as slope_1,
        case when has_second then (c_2y * c_11 - c_1y * c_12) / (c_11 * c_22 - c_12 * c_12) else 0 end as slope_2
    from (
        -- Two prior scores that say the same are one.
        select *, prior_count = 2 and c_11 * c_22 - c_12 * c_12 > 0.000001 * c_11 * c_22 as has_second
        from products
    ) as c
),

residuals as (
    select
        m.student_key, m.school_year, m.subject,
        cast((
            (m.y - cast(f.s_y as double) / f.n) - f.slope_1 * (m.x1 - cast(f.s_1 as double) / f.n)
            - f.slope_2 * (m.x2 - cast(f.s_2 as double) / f.n)
        ) / f.deviation as decimal(12, 6)) as residual
    from measured as m
    inner join fitted as f
        on m.school_year = f.school_year and m.subject = f.subject and m.grade_level_code = f.grade_level_code
        and m.prior_grade_level_code = f.prior_grade_level_code and m.prior_count = f.prior_count
    where f.deviation > 0
),

-- Method 3: the rank among students of a grade with like prior scores. Equal prior scores are never parted; a group that
-- is too small joins the one below it, the lowest the one above.
binned as (
    select
        *,
        {{ whole_quotient('below_before * least(peer_bins, ' ~ whole_quotient('peer_count', 'minimum_peers') ~ ')',
            'peer_count') }} as bin
    from measured
    where peer_count >= minimum_peers
),

bins as (
    select {{ peers }}, bin, count(*) as n, max(minimum_peers) as minimum_peers
    from binned
    group by {{ peers }}, bin
),

merged_bins as (
    select
        *,
        coalesce(
            max(case when n >= minimum_peers then bin end) over (
                partition by {{ peers }} order by bin rows between unbounded preceding and current row),
            min(case when n >= minimum_peers then bin end) over (partition by {{ peers }}), 0) as merged_bin
    from bins
),

merged as (
    select m.*, b.merged_bin
    from binned as m
    inner join merged_bins as b
        on m.school_year = b.school_year and m.subject = b.subject and m.grade_level_code = b.grade_level_code
        and m.prior_grade_level_code = b.prior_grade_level_code and m.bin = b.bin
),

ranked as (
    select
        student_key, school_year, subject,
        rank() over (partition by {{ peers }}, merged_bin order by score) - 1 as below,
        count(*) over (partition by {{ peers }}, merged_bin, score) as equal,
        count(*) over (partition by {{ peers }}, merged_bin) as n
    from merged
)

select
    p.student_key, p.school_year, p.subject, p.lea_id, p.school_id, p.grade_level_code, p.prior_grade_level_code,
    p.is_full_year_school, p.is_full_year_lea, p.is_full_year_state,
    p.score, p.prior_score, p.second_prior_score, p.level_number, p.prior_level_number,
    case when p.exclusion_reason is null and p.scale_is_vertical = 1 then p.score - p.prior_score end as gain,
    e.residual,
    case when k.n is not null
        then cast(least(greatest({{ half_up('100 * (2 * k.below + k.equal)', '2 * k.n') }}, 1), 99) as integer)
    end as growth_percentile,
    case when p.exclusion_reason is null then v.points end as value_table_points,
    p.exclusion_reason, p.as_of_date
from paired as p
left join residuals as e
    on p.student_key = e.student_key and p.school_year = e.school_year and p.subject = e.subject
left join ranked as k on p.student_key = k.student_key and p.school_year = k.school_year and p.subject = k.subject
left join {{ ref('growth_points') }} as v
    on p.prior_level_number = v.prior_level_number and p.level_number = v.level_number
