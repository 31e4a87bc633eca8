-- Finds: facts that stand for more or fewer records than were accepted. Every record is in, or in with a reason.
-- Matters: always. A record lost is somebody missing from every figure made of the fact; a doubled one counts twice.
-- Resolve: look at the fact's joins (a doubled row) and filters (a lost one); if the fact is stale, run dbt with
-- --full-refresh, and look at what let it go stale.
{{ config(meta={'dagster': {'ref': {'name': 'fct_course_grade'}}}) }}
{# Fact, the records it is made of, and how many records a row stands for. #}
{%- set kept = [
    ('dim_performance_level', 'stg_performance_levels', '1'),
    ('fct_assessment_result', 'stg_assessment_results', '1'),
    ('fct_bus_run', 'stg_bus_runs', '1'),
    ('fct_course_grade', 'stg_course_grades', '1'),
    ('fct_data_access', 'stg_data_access_events', 'record_count'),
    ('fct_finance', 'stg_finance_accounts', 'record_count'),
    ('fct_financial_aid_application', 'stg_financial_aid_applications', 'record_count'),
    ('fct_idea_eligibility', 'stg_idea_eligibilities', 'record_count'),
    ('fct_incident_participation', 'stg_incident_participations', 'record_count'),
    ('fct_industry_credential', 'stg_industry_credentials', 'record_count'),
    ('fct_net_price', 'stg_net_prices', 'record_count'),
    ('fct_postsecondary_award', 'stg_postsecondary_awards', 'record_count'),
    ('fct_postsecondary_enrollment', 'stg_postsecondary_enrollments', 'record_count'),
    ('fct_postsecondary_search', 'stg_postsecondary_searches', 'record_count'),
    ('fct_professional_learning', 'stg_professional_learning', 'record_count'),
    ('fct_program_spell', 'stg_program_participations', 'record_count'),
    ('fct_quarterly_wage', 'stg_quarterly_wages', 'record_count'),
    ('fct_restraint_event', 'stg_restraint_events', 'record_count'),
    ('fct_staff_assignment', 'stg_staff_assignments', '1'),
    ('fct_staff_credential', 'stg_staff_credentials', 'record_count'),
    ('fct_student_transportation', 'stg_student_transportation', '1'),
    ('fct_survey_administration', 'stg_survey_administrations', 'record_count'),
    ('fct_survey_response', 'stg_survey_responses', '1'),
    ('fct_work_based_learning', 'stg_work_based_learning', 'record_count')
] %}
{% for fact, records, count in kept -%}
select '{{ fact }}' as fact, k.row_count as kept_count, r.row_count as received_count
from (select coalesce(sum({{ count }}), 0) as row_count from {{ ref(fact) }}) as k
cross join (select count(*) as row_count from {{ ref(records) }}) as r
where k.row_count <> r.row_count
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
