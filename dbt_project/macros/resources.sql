{#
    Rows of a CTE with org_level (where a row stands: school, lea or other), org_id and lea_id, once for every organization
    they count in: their school, their district, the state. `columns` are carried along.
#}
{% macro spread_over_levels(rows, columns) -%}
    select 'school' as org_level, org_id, {{ columns | join(', ') }} from {{ rows }} where org_level = 'school'
    union all
    select 'lea', lea_id, {{ columns | join(', ') }} from {{ rows }} where lea_id is not null
    union all
    select 'state', s.org_id, r.{{ columns | join(', r.') }}
    from {{ rows }} as r
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
{%- endmacro %}

{#
    Members on October 1 of each organization, the students that money and staff are set against, for every row of `told`: a
    CTE with school_year, lea_id and `columns`, which says what each district told. The state's are those of the districts
    that told: staff of some districts set against students of all would be a false figure.
#}
{% macro october_members_of(told, columns=[]) -%}
    select
        m.school_year, m.org_level, m.org_id, m.lea_id, m.student_count as members
        {%- for column in columns %}, t.{{ column }}{% endfor %}
    from {{ ref('ind_membership_october_1') }} as m
    inner join {{ told }} as t on m.school_year = t.school_year and m.lea_id = t.lea_id
    where m.authority = 'edfacts' and m.disaggregate_type = 'all' and m.org_level in ('school', 'lea')
    union all
    select
        m.school_year, 'state', s.org_id, cast(null as varchar), sum(m.student_count)
        {%- for column in columns %}, t.{{ column }}{% endfor %}
    from {{ ref('ind_membership_october_1') }} as m
    inner join {{ told }} as t on m.school_year = t.school_year and m.lea_id = t.lea_id
    cross join {{ ref('dim_organization') }} as s
    where m.authority = 'edfacts' and m.disaggregate_type = 'all' and m.org_level = 'lea' and s.org_level = 'state'
    group by m.school_year, s.org_id{% for column in columns %}, t.{{ column }}{% endfor %}
{%- endmacro %}

{#
    A percentile by nearest rank: the smallest measure that at least so many percent of the group do not exceed. It is a
    number that occurred, and no float decides which. `rank` counts the measures of the group from the smallest, `size` all.
#}
{% macro nearest_rank(measure, percent, rank='rank', size='size') -%}
    min({{ measure }}) filter (where 100 * {{ rank }} >= {{ percent }} * {{ size }})
{%- endmacro %}

{# The field of a license that covers a subject: parts of one field (English and reading, life and physical science) are one. #}
{% macro license_field(subject_code) -%}
    case
        when {{ subject_code }} in ('00554', '00560', '01287', '13372', '13373') then 'language arts'
        when {{ subject_code }} in ('00562', '73086', '73087') then 'science'
        when {{ subject_code }} in ('13374', '73088', '73089') then 'social science'
        when {{ subject_code }} <> '09999' then {{ subject_code }}
    end
{%- endmacro %}

{#
    Schools of high and low poverty: the quarter of the state's schools with the greatest and with the smallest share of
    members described as disadvantaged (ESEA 1111(h)(1)(C)(ix)). One row per school year and school that is in one of them.
#}
{% macro school_poverty() -%}
    select school_year, school_id, case when 4 * rank_of_school <= school_count then 'low' else 'high' end as school_poverty
    from (
        select
            school_year, school_id,
            -- Equal shares are ordered by number: a quarter has as many schools as it should.
            row_number() over (partition by school_year order by poor_share, school_id) as rank_of_school,
            count(*) over (partition by school_year) as school_count
        from (
            select school_year, school_id, {{ exact_ratio('poor_count', 'described_count') }} as poor_share
            from (
                select
                    school_year, org_id as school_id,
                    sum(case when disaggregate_value = 'Yes' then student_count else 0 end) as poor_count,
                    sum(student_count) as described_count
                from {{ ref('ind_membership_october_1') }}
                where authority = 'edfacts' and org_level = 'school' and disaggregate_type = 'economic_disadvantage'
                    and disaggregate_value in ('Yes', 'No')
                group by school_year, org_id
            ) as counts
            where described_count > 0
        ) as shares
    ) as ranked
    where 4 * rank_of_school <= school_count or 4 * rank_of_school > 3 * school_count
{%- endmacro %}

{# One row per school year and teacher of October 1: a teacher at several places counts once, where they teach most. #}
{% macro teachers_of_october_1() -%}
    select school_year, staff_key, org_level, org_id, lea_id, census_date, fte, years_of_experience, id_scope
    from (
        select
            *,
            row_number() over (
                partition by school_year, staff_key order by fte desc nulls last, org_level desc, org_id
            ) as preference
        from {{ ref('fct_staff_position') }}
        where staff_role = 'teacher'
    ) as posts
    where preference = 1
{%- endmacro %}

{# One row per student on a bus, school year and organization: the longest ride planned, null where no times are told. #}
{% macro student_rides() -%}
    with rides as (
        select
            school_year, lea_id, student_key, max(case when exclusion_reason is null then ride_minutes end) as ride_minutes
        from {{ ref('fct_student_transportation') }}
        where lea_id is not null
        group by school_year, lea_id, student_key
    ),

    rides_of_state as (
        select school_year, student_key, max(ride_minutes) as ride_minutes from rides group by school_year, student_key
    )

    select r.school_year, 'school' as org_level, y.school_id as org_id, r.student_key, max(r.ride_minutes) as ride_minutes
    from rides as r
    inner join {{ ref('fct_student_school_year') }} as y on r.student_key = y.student_key and r.school_year = y.school_year
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and y.school_id = o.org_id and r.lea_id = o.lea_id
    group by r.school_year, y.school_id, r.student_key
    union all
    select school_year, 'lea', lea_id, student_key, ride_minutes from rides
    union all
    select r.school_year, 'state', s.org_id, r.student_key, r.ride_minutes
    from rides_of_state as r
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
{%- endmacro %}

{#
    One row per teacher of October 1 and organization they count in: hours of professional learning in the year. Null, missing,
    where the district tells no session, or one of the teacher's without hours; a teacher of no session in one that tells has 0.
#}
{% macro learning_hours() -%}
    with teachers as (
        {{ teachers_of_october_1() }}
    ),

    told as (
        select distinct school_year, coalesce(teacher_lea_id, lea_id) as lea_id
        from {{ ref('fct_learning_session') }}
        union
        select distinct school_year, lea_id from {{ ref('fct_learning_session') }}
    ),

    attended as (
        select
            school_year, staff_key, sum(hours) as known_hours,
            case when count(hours) = count(*) then sum(hours) end as hours
        from {{ ref('fct_learning_session') }}
        group by school_year, staff_key
    ),

    teachers_with_hours as (
        select
            t.school_year, t.staff_key, t.org_level, t.org_id, t.lea_id, t.census_date, a.known_hours,
            case when a.staff_key is not null then a.hours when d.lea_id is not null then 0 end as hours
        from teachers as t
        inner join (select distinct school_year from told) as y on t.school_year = y.school_year
        left join told as d on t.school_year = d.school_year and t.lea_id = d.lea_id
        left join attended as a on t.school_year = a.school_year and t.staff_key = a.staff_key
    )

    {{ spread_over_levels('teachers_with_hours', ['school_year', 'staff_key', 'hours', 'known_hours']) }}
{%- endmacro %}

{# Hours of teachers' sessions by organization, those of a kind and all of which the kind is known. #}
{% macro learning_share(indicator_id, authority, is_of_kind, is_known, parameters=none) -%}
with sessions as (
    select
        s.teacher_org_level as org_level, s.teacher_org_id as org_id, s.teacher_lea_id as lea_id, s.school_year,
        case when {{ is_known }} then s.hours end as hours,
        case when {{ is_known }} and {{ is_of_kind }} then s.hours else 0 end as hours_of_kind
    from {{ ref('fct_learning_session') }} as s
    {%- if parameters %}
    inner join ({{ parameters_of(indicator_id, parameters) }}) as p
        on p.authority = '{{ authority }}' and {{ holds_in('p', 's.school_year') }}
    {%- endif %}
    where s.exclusion_reason is null
),

spread as (
    {{ spread_over_levels('sessions', ['school_year', 'hours', 'hours_of_kind']) }}
),

organization_rows as (
    select
        '{{ authority }}' as authority, school_year, org_level, org_id, 'all' as disaggregate_type,
        'All' as disaggregate_value, coalesce(sum(hours_of_kind), 0) as numerator, coalesce(sum(hours), 0) as denominator,
        count(hours) as student_count, count(*) - count(hours) as n_missing, make_date(school_year, 6, 30) as as_of_date
    from spread
    group by school_year, org_level, org_id
),

{{ organization_figures('organization_rows', indicator_id, 1, 'rate', 'professional_learning') }}
{%- endmacro %}
