{#- The cohorts of the authority that the state goes by, four to six years. -#}
with cohort as (
    select m.*, o.org_id as state_id
    from {{ ref('fct_cohort_membership') }} as m
    cross join {{ ref('dim_organization') }} as o
    where m.authority = '{{ var("edfacts_graduation_authority") }}' and m.is_in_denominator = 1 and o.org_level = 'state'
),

{%- for years in [4, 5, 6] %}
cohort_{{ years }} as (
    select * from cohort where years = {{ years }}
),

described_{{ years }} as (
    {{- described_over_cohort('cohort_' ~ years) }}
),

students_{{ years }} as (
    {{ edfacts_students('described_' ~ years) }}
),
{% endfor %}
members as (
    {%- for years in [4, 5, 6] %}
    {% if not loop.first %}union all{% endif %}
    select
        m.school_year, m.state_id, m.lea_id, m.school_id, 'GRADCOHORT{{ years }}YR' as table_name, s.majorreg,
        s.disabstatus, s.leponly, s.ecodis, s.homelsenrlstat, s.fstrcrsts,
        case
            when m.outcome_reason = 'alternate_diploma' then 'COHALTDPL'
            when m.is_in_numerator = 1 then 'COHYES'
            else 'COHNO'
        end as cohortstatus,
        1 as amount
    from cohort_{{ years }} as m
    inner join students_{{ years }} as s on m.student_key = s.student_key and m.school_year = s.school_year
    {%- endfor %}
),

by_level as (
    {{- edfacts_by_level('members', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts('FS151', 'by_level', [
    'majorreg', 'disabstatus', 'leponly', 'ecodis', 'homelsenrlstat', 'fstrcrsts', 'cohortstatus']) }}
