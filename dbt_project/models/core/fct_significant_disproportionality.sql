with parameters as (
    {{ parameters_of('I17', ['minimum_cell_size', 'minimum_n_size', 'threshold_hundredths', 'consecutive_years',
        'total_counts_removals']) }}
),

ages as (
    select student_key, school_year, max(try_cast(age_on_october_1 as integer)) as age
    from {{ ref('stg_students') }}
    group by student_key, school_year
),

eligibilities as (
    select
        student_key, school_year, primary_disability_code, educational_environment_code,
        row_number() over (
            partition by student_key, school_year
            order by begin_date desc, primary_disability_code nulls last, source_id, lea_id
        ) as preference
    from {{ ref('fct_idea_eligibility') }}
    where begin_date <= make_date(school_year, 6, 30)
        and coalesce(end_date, begin_date) >= case when end_date is null then begin_date
            else make_date(school_year - 1, 7, 1) end
),

-- Every child once in each district, and once in the state (lea_id null).
memberships as (
    select student_key, school_year, lea_id, as_of_date from {{ ref('fct_student_lea_year') }}
    union all
    select student_key, school_year, null, as_of_date from {{ ref('fct_student_year') }}
),

actions as (
    select
        a.student_key, a.school_year, coalesce(o.lea_id, a.lea_id) as lea_id, a.action_code,
        coalesce(cast(a.duration_days as decimal(9, 2)), 0) as duration_days
    from {{ ref('fct_discipline_action') }} as a
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and a.school_id = o.org_id
    where a.is_exclusionary
),

removals as (
    -- Days are added up over the year, in the district and in the state. An action without a length counts no day.
    select
        student_key, school_year, case when grouping(lea_id) = 0 then lea_id end as lea_id, count(*) as removal_count,
        count(*) filter (where action_code = 'InSchoolSuspension') as in_school_count,
        sum(case when action_code = 'InSchoolSuspension' then duration_days else 0 end) as in_school_days,
        count(*) filter (where action_code <> 'InSchoolSuspension') as out_of_school_count,
        sum(case when action_code <> 'InSchoolSuspension' then duration_days else 0 end) as out_of_school_days
    from actions
    group by grouping sets ((student_key, school_year, lea_id), (student_key, school_year))
),

children as (
    select
        m.student_key, m.school_year, m.lea_id, m.as_of_date, u.race_ethnicity, a.age,
        case when u.idea = 'Yes' or e.student_key is not null then 1 when u.idea = 'No' then 0 end as is_disabled,
        e.primary_disability_code, e.educational_environment_code, coalesce(r.removal_count, 0) as removal_count,
        coalesce(r.in_school_count, 0) as in_school_count, coalesce(r.in_school_days, 0) as in_school_days,
        coalesce(r.out_of_school_count, 0) as out_of_school_count,
        coalesce(r.out_of_school_days, 0) as out_of_school_days
    from memberships as m
    inner join {{ ref('dim_student_year') }} as u on m.student_key = u.student_key and m.school_year = u.school_year
    left join ages as a on m.student_key = a.student_key and m.school_year = a.school_year
    left join eligibilities as e
        on m.student_key = e.student_key and m.school_year = e.school_year and e.preference = 1
    left join removals as r
        on m.student_key = r.student_key and m.school_year = r.school_year
        and m.lea_id is not distinct from r.lea_id
),

-- Alike children are counted together before they are laid beside the fourteen categories.
profiles as (
    select
        school_year, lea_id, race_ethnicity, age, is_disabled, primary_disability_code, educational_environment_code,
        case when in_school_count = 0 then 'none' when in_school_days <= 10 then 'up_to_10' else 'over_10' end
            as in_school,
        case when out_of_school_count = 0 then 'none' when out_of_school_days <= 10 then 'up_to_10' else 'over_10' end
            as out_of_school,
        count(*) as child_count, sum(removal_count) as removal_count,
        count(*) filter (where removal_count > 0) as removed_child_count, min(as_of_date) as as_of_date
    from children
    group by school_year, lea_id, race_ethnicity, age, is_disabled, primary_disability_code,
        educational_environment_code, 8, 9
),

counted as (
    select
        p.authority, f.school_year, f.lea_id, c.category, f.race_ethnicity, min(f.as_of_date) as as_of_date,
        sum(f.child_count) as child_count,
        sum(case
            when c.category = 'identification_all' then f.is_disabled * f.child_count
            when c.kind = 'identification' then case
                when f.is_disabled = 1 and c.category = 'identification_' || f.primary_disability_code
                    then f.child_count else 0 end
            when c.category = 'placement_regular_class_below_40' then case
                when f.educational_environment_code = 'RC39' then f.child_count else 0 end
            when c.category = 'placement_separate_or_residential' then case
                when f.educational_environment_code in ('SS', 'RF') then f.child_count else 0 end
            when c.category = 'removal_total' then case
                when p.total_counts_removals = 1 then f.removal_count else f.removed_child_count end
            when c.category in ('removal_out_of_school_' || f.out_of_school, 'removal_in_school_' || f.in_school)
                then f.child_count
            else 0
        end) as outcome_count
    from profiles as f
    inner join parameters as p on {{ holds_in('p', 'f.school_year') }}
    inner join {{ ref('idea_categories') }} as c
        on (f.age is null or f.age between c.minimum_age and c.maximum_age)
        and case when c.base = 'all_children' then f.is_disabled is not null else f.is_disabled = 1 end
    group by p.authority, f.school_year, f.lea_id, c.category, f.race_ethnicity
),

-- Silence about disability, setting or discipline is not that there is none: only what a district sends is judged.
sources as (
    select distinct school_year, lea_id, 'discipline' as kind from {{ ref('fct_discipline_action') }}
    union
    select distinct school_year, lea_id, 'placement' from {{ ref('fct_idea_eligibility') }}
    union
    select distinct school_year, lea_id, 'impairment' from {{ ref('fct_idea_eligibility') }}
    union
    select distinct school_year, lea_id, 'identification' from counted
    where lea_id is not null and category = 'identification_all' and outcome_count > 0
),

groups as (
    select
        c.*, k.kind,
        sum(c.child_count) over (
            partition by c.authority, c.school_year, c.lea_id, c.category
        ) - c.child_count as other_count,
        sum(c.outcome_count) over (
            partition by c.authority, c.school_year, c.lea_id, c.category
        ) - c.outcome_count as other_outcome_count
    from counted as c
    inner join {{ ref('idea_categories') }} as k on c.category = k.category
    -- A child of unknown race is in no group and in no comparison.
    where c.race_ethnicity <> 'Missing'
),

compared as (
    select
        g.authority, g.school_year, g.lea_id, g.category, g.race_ethnicity, g.as_of_date, g.outcome_count,
        g.child_count, g.other_outcome_count, g.other_count, s.other_outcome_count as state_other_outcome_count,
        s.other_count as state_other_count, u.child_count as unknown_race_count, p.threshold_hundredths,
        p.consecutive_years,
        case
            when g.outcome_count < p.minimum_cell_size or g.child_count < p.minimum_n_size then 'group_below_minimum'
            when g.other_outcome_count >= p.minimum_cell_size and g.other_count >= p.minimum_n_size
                and g.other_outcome_count > 0 then 'risk_ratio'
            when s.other_outcome_count >= p.minimum_cell_size and s.other_count >= p.minimum_n_size
                and s.other_outcome_count > 0 then 'alternate_risk_ratio'
            else 'comparison_below_minimum'
        end as method
    from groups as g
    inner join groups as s
        on g.authority = s.authority and g.school_year = s.school_year and g.category = s.category
        and g.race_ethnicity = s.race_ethnicity and s.lea_id is null
    inner join sources as o
        on g.school_year = o.school_year and g.lea_id = o.lea_id
        and o.kind = case when g.kind = 'identification' and g.category <> 'identification_all' then 'impairment'
            else g.kind end
    inner join parameters as p on g.authority = p.authority and {{ holds_in('p', 'g.school_year') }}
    left join counted as u
        on g.authority = u.authority and g.school_year = u.school_year and g.lea_id = u.lea_id
        and g.category = u.category and u.race_ethnicity = 'Missing'
),

-- A ratio of two shares is kept as two whole numbers, so that the threshold is compared exactly.
ratios as (
    select
        *,
        case when method like '%risk_ratio' then outcome_count
            * case when method = 'risk_ratio' then other_count else state_other_count end end as ratio_numerator,
        case when method like '%risk_ratio' then child_count
            * case when method = 'risk_ratio' then other_outcome_count else state_other_outcome_count end end
            as ratio_denominator
    from compared
),

exceeding as (
    select authority, school_year, lea_id, category, race_ethnicity,
        row_number() over (
            partition by authority, lea_id, category, race_ethnicity order by school_year
        ) as place
    from ratios
    where 100 * ratio_numerator > threshold_hundredths * ratio_denominator
),

runs as (
    -- Years in a row share the difference of year and place.
    select authority, school_year, lea_id, category, race_ethnicity,
        row_number() over (
            partition by authority, lea_id, category, race_ethnicity, school_year - place order by school_year
        ) as years_exceeded
    from exceeding
)

select
    r.authority, r.school_year, r.lea_id, r.category, r.race_ethnicity, r.as_of_date, r.outcome_count, r.child_count,
    r.other_outcome_count, r.other_count, r.state_other_outcome_count, r.state_other_count,
    coalesce(r.unknown_race_count, 0) as unknown_race_count, r.method, r.ratio_numerator, r.ratio_denominator,
    {{ exact_ratio('r.ratio_numerator', 'r.ratio_denominator') }} as ratio,
    coalesce(x.years_exceeded, 0) as years_exceeded,
    case when x.years_exceeded >= r.consecutive_years then 1 else 0 end as is_significant
from ratios as r
left join runs as x
    on r.authority = x.authority and r.school_year = x.school_year and r.lea_id = x.lea_id
    and r.category = x.category and r.race_ethnicity = x.race_ethnicity
where r.lea_id is not null
