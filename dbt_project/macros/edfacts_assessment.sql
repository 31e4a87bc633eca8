{# Everybody of one subject of whom the test says something, in the codes of EDFacts, at the school of the test day. #}
{% macro edfacts_tested(table_name, subject, condition, columns) -%}
    select
        a.school_year, o.org_id as state_id, a.lea_id, a.school_id, '{{ table_name }}' as table_name, s.majorreg, s.sex,
        s.disabstatus, s.leponly, s.leponly as lepstatrla, s.ecodis, s.migrntstatus, s.homelsenrlstat, s.fstrcrsts,
        s.milcnctdstdntsts, {{ permitted_value('GRADELVLASS') }} as gradelvlass, {{ columns }}, 1 as amount
    from {{ ref('fct_assessment_participation') }} as a
    inner join {{ ref('edfacts_student') }} as s on a.student_key = s.student_key and a.school_year = s.school_year
    {{ permitted_join('a', 'grade_level_code', 'GRADELVLASS') }}
    cross join {{ ref('dim_organization') }} as o
    where a.subject = '{{ subject }}' and o.org_level = 'state' and {{ condition }}
{%- endmacro %}

{% macro edfacts_tested_categories() %}
    {{ return(['gradelvlass', 'majorreg', 'sex', 'disabstatus', 'leponly', 'ecodis', 'migrntstatus', 'homelsenrlstat',
        'fstrcrsts', 'milcnctdstdntsts']) }}
{% endmacro %}

{# FS175, FS178, FS179: who has a valid score, by level of proficiency and kind of assessment. #}
{% macro edfacts_performance(file_spec, table_name, subject) -%}
{%- set learner = 'lepstatrla' if file_spec == 'FS178' else 'leponly' -%}
{%- set groups = edfacts_tested_categories() | reject('equalto', 'leponly') | list -%}
with tested as (
    {{ edfacts_tested(table_name, subject, "a.has_valid_score and coalesce(a.participation_code, '') <> 'PARTELP'",
        "a.assessment_type_administered_code as asmtadmnstrd,
        case when a.is_proficient then 'PROFICIENT' else 'NOTPROFICIENT' end as profstatus") }}
),

by_level as (
    {{- edfacts_by_level('tested', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts(file_spec, 'by_level', groups + [learner, 'asmtadmnstrd', 'profstatus']) }}
{%- endmacro %}

{# FS185, FS188, FS189: who had to take the test, by how they did or why they did not. #}
{% macro edfacts_participation(file_spec, table_name, subject) -%}
{%- set status = 'partstatusrla' if file_spec == 'FS188' else 'partstatusms' -%}
with students as (
    {{ edfacts_tested(table_name, subject, 'a.participation_code is not null', 'a.participation_code as ' ~ status) }}
),

by_level as (
    {{- edfacts_by_level('students', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts(file_spec, 'by_level', edfacts_tested_categories() + [status]) }}
{%- endmacro %}
