with parameters as (
    {{ parameters_of('I18', ['minimum_answered_percent', 'minimum_respondents', 'minimum_response_percent']) }}
),

items as (
    select source_id, school_year, survey_id, item_id, construct, cast(favorable_minimum as decimal(12, 3)) as favorable_minimum
    from {{ ref('stg_survey_items') }}
    where construct is not null and favorable_minimum is not null
),

-- How many questions each scale of a survey has, as its sender describes it: who skips one has not answered it.
scales as (
    select source_id, school_year, survey_id, construct, count(*) as item_count
    from items
    group by source_id, school_year, survey_id, construct
),

-- One row per respondent and scale. The answers together are held against the favourable minimum of the questions answered.
answers as (
    select
        r.source_id, r.school_year, r.survey_id, r.org_id, r.respondent_role_code, i.construct, r.response_id,
        count(distinct r.item_id) as answered_count, sum(cast(r.response_value as decimal(12, 3))) as response_sum,
        sum(i.favorable_minimum) as favorable_sum, max(r.response_date) as response_date
    from {{ ref('fct_survey_response') }} as r
    inner join items as i
        on r.source_id = i.source_id and r.school_year = i.school_year and r.survey_id = i.survey_id
        and r.item_id = i.item_id
    where r.exclusion_reason is null and r.org_id is not null and r.respondent_role_code is not null
    group by r.source_id, r.school_year, r.survey_id, r.org_id, r.respondent_role_code, i.construct, r.response_id
),

answered as (
    select
        p.authority, a.school_year, a.survey_id, a.org_id, a.respondent_role_code, a.construct, count(*) as respondent_count,
        count(*) filter (where {{ is_at_least_percent('a.answered_count', 's.item_count', 'p.minimum_answered_percent') }})
            as valid_count,
        count(*) filter (where {{ is_at_least_percent('a.answered_count', 's.item_count', 'p.minimum_answered_percent') }}
            and a.response_sum >= a.favorable_sum) as favorable_count,
        max(a.response_date) as response_date
    from answers as a
    inner join scales as s
        on a.source_id = s.source_id and a.school_year = s.school_year and a.survey_id = s.survey_id
        and a.construct = s.construct
    inner join parameters as p on {{ holds_in('p', 'a.school_year') }}
    group by p.authority, a.school_year, a.survey_id, a.org_id, a.respondent_role_code, a.construct
),

-- Whom a school asked counts though nobody there answered.
asked as (
    select
        p.authority, a.school_year, a.survey_id, a.org_id, a.respondent_role_code, s.construct, a.invited_count, a.end_date
    from {{ ref('fct_survey_administration') }} as a
    inner join scales as s
        on a.source_id = s.source_id and a.school_year = s.school_year and a.survey_id = s.survey_id
    inner join parameters as p on {{ holds_in('p', 'a.school_year') }}
),

joined as (
    select
        coalesce(r.authority, a.authority) as authority, coalesce(r.school_year, a.school_year) as school_year,
        coalesce(r.survey_id, a.survey_id) as survey_id, coalesce(r.org_id, a.org_id) as org_id,
        coalesce(r.respondent_role_code, a.respondent_role_code) as respondent_role_code,
        coalesce(r.construct, a.construct) as construct, coalesce(r.respondent_count, 0) as respondent_count,
        coalesce(r.valid_count, 0) as valid_count, coalesce(r.favorable_count, 0) as favorable_count,
        a.invited_count, coalesce(r.response_date, a.end_date) as as_of_date
    from answered as r
    full outer join asked as a
        on r.authority = a.authority and r.school_year = a.school_year and r.survey_id = a.survey_id
        and r.org_id = a.org_id and r.respondent_role_code = a.respondent_role_code and r.construct = a.construct
),

-- A survey of a whole district belongs to no school.
members as (
    select b.*, s.org_id as school_id, coalesce(s.lea_id, d.lea_id) as lea_id
    from joined as b
    left join {{ ref('dim_organization') }} as s on s.org_level = 'school' and b.org_id = s.org_id
    left join {{ ref('dim_organization') }} as d on d.org_level = 'lea' and b.org_id = d.org_id
),

placed as (
    {{- at_every_level('members', ['authority', 'school_year', 'survey_id', 'respondent_role_code', 'construct',
        'respondent_count', 'valid_count', 'favorable_count', 'invited_count', 'as_of_date']) }}
),

counted as (
    select
        authority, school_year, org_level, org_id, survey_id, respondent_role_code, construct,
        sum(respondent_count) as respondent_count, sum(valid_count) as valid_count, sum(favorable_count) as favorable_count,
        -- How many were asked is known of a district only if it is of all its schools that answered.
        case when bool_and(invited_count is not null or respondent_count = 0) then sum(invited_count) end as invited_count,
        max(as_of_date) as as_of_date
    from placed
    group by authority, school_year, org_level, org_id, survey_id, respondent_role_code, construct
)

select
    c.*,
    c.valid_count < p.minimum_respondents as has_few_respondents,
    case when c.invited_count > 0
        then not {{ is_at_least_percent('c.valid_count', 'c.invited_count', 'p.minimum_response_percent') }}
    end as has_low_response
from counted as c
inner join parameters as p on c.authority = p.authority and {{ holds_in('p', 'c.school_year') }}
