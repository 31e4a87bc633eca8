-- Which district a school belongs to, and what is known of each student of the state.

create temp table organization as
with sender as (
    select distinct lea_id from warehouse.records.current_deliveries where lea_id is not null
),
described as (
    select distinct on (org_id) org_id, parent_org_id, lea_id from warehouse.records.organizations
    where org_type_code = 'School'
    order by org_id, coalesce(org_id = lea_id or parent_org_id = lea_id, false) desc, school_year desc, lea_id, source_id
),
school as (
    select d.org_id, coalesce(s.lea_id, d.lea_id) as lea_id
    from described as d left join sender as s on d.parent_org_id = s.lea_id
    union all
    select school_id, min(lea_id) from spell anti join described on school_id = org_id group by all
)
select 'school' as org_level, org_id, lea_id as parent_org_id, lea_id from school
union all select 'lea', lea_id, state_id, lea_id from sender cross join warehouse.records.state
union all select 'state', state_id, null, null from warehouse.records.state;

create temp macro answer(status, senders_yes, senders_no) as case
    when status in ('Yes', 'No') then status
    when coalesce(senders_yes, false) and not coalesce(senders_no, false) then 'No' else 'Missing' end;

create temp macro race_groups(races) as list_distinct([
    case x when 'MiddleEasternOrNorthAfrican' then 'White'
        when 'NativeHawaiianOrPacificIslander' then 'NativeHawaiianOrOtherPacificIslander' else x end
    for x in races if x in ('AmericanIndianOrAlaskaNative', 'Asian', 'BlackOrAfricanAmerican', 'White',
        'MiddleEasternOrNorthAfrican', 'NativeHawaiianOrPacificIslander', 'NativeHawaiianOrOtherPacificIslander')]);

create temp table student as
with stay as (
    select *, row_number() over (partition by student_key, school_year order by entry_date desc,
        coalesce(exit_date, '9999-12-31') desc, lea_id, source_id, school_id, grade_level_code) as recency
    from spell where not is_backward
),
description as (
    select distinct on (student_key, school_year) d.*, string_split(coalesce(d.race_code, ''), '|') as races
    from warehouse.records.demographics as d
    join (select source_id, school_year, student_key, min(recency) as recency from stay group by all)
        using (source_id, school_year, student_key)
    order by student_key, school_year, recency, batch_id
),
program as (
    select source_id, school_year, student_key,
        bool_or(program_code = 'SchoolFoodService' and regexp_matches(service_source, 'free|reduced', 'i')) as meals,
        bool_or(program_code = 'EnglishLearner') as english, bool_or(program_code = 'SpecialEducation') as special
    from warehouse.records.program_participations group by all
),
told as (
    select l.student_key, l.school_year, l.grade_level_code, coalesce(d.source_id, l.source_id) as teller,
        d.* exclude (student_key, school_year, source_id)
    from stay as l left join description as d using (student_key, school_year)
    where l.recency = 1
),
known as (
    select d.*,
        if(p.meals, 'Yes', d.economic_disadvantage_code) as poor,
        if(p.english, 'Yes', d.english_learner_code) as english,
        if(p.special, 'Yes', d.idea_code) as special
    from told as d
    left join program as p on d.teller = p.source_id and d.school_year = p.school_year and d.student_key = p.student_key
)
select student_key, school_year,
    case
        when hispanic_latino_code = 'Yes' or list_contains(races, 'HispanicOrLatino') then 'HispanicOrLatino'
        when len(race_groups(races)) > 1
            or list_has_any(races, ['DemographicRaceTwoOrMoreRaces', 'MultiracialAndOrMultiethnic'])
            then 'DemographicRaceTwoOrMoreRaces'
        else coalesce(race_groups(races)[1], 'Missing')
    end as race_ethnicity,
    if(sex_code in ('Female', 'Male', 'NonBinary'), sex_code, 'Missing') as sex,
    answer(poor, bool_or(poor = 'Yes') over teller, bool_or(poor = 'No') over teller) as economic_disadvantage,
    answer(english, bool_or(english = 'Yes') over teller, bool_or(english = 'No') over teller) as english_learner,
    answer(special, bool_or(special = 'Yes') over teller, bool_or(special = 'No') over teller) as idea,
    case
        when grade_level_code is null then 'Missing'
        when grade_level_code in (select disaggregate_value from subgroup_values where disaggregate_type = 'grade')
            then grade_level_code
        else 'Other'
    end as grade
from known
window teller as (partition by teller, school_year);
