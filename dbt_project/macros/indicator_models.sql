{# Every indicator, by model: what state_indicators holds. dbt has to be told each by name. #}
{% macro indicator_models() %}
    {{ return([
        'ind_academic_achievement', 'ind_advanced_course_completion', 'ind_advanced_course_equity_gap',
        'ind_advanced_course_parity', 'ind_advanced_course_participation', 'ind_advanced_course_success',
        'ind_advanced_courses_offered', 'ind_algebra_by_grade_9', 'ind_alternate_assessment',
        'ind_assessment_participation', 'ind_average_daily_attendance', 'ind_bus_minutes_late',
        'ind_bus_on_time_arrival', 'ind_bus_ride_minutes', 'ind_bus_student_minutes_lost',
        'ind_chronic_absenteeism', 'ind_chronic_absenteeism_unduplicated', 'ind_college_enrollment_16_months',
        'ind_college_enrollment_october_31', 'ind_college_entrance_participation',
        'ind_college_entrance_readiness', 'ind_college_persistence',
        'ind_college_preparatory_courses_offered', 'ind_college_retention', 'ind_college_sector_16_months', 'ind_credential_attainment_100_percent',
        'ind_credential_attainment_150_percent', 'ind_credential_attainment_200_percent',
        'ind_cte_concentration', 'ind_data_return', 'ind_data_timeliness', 'ind_days_lost_to_discipline',
        'ind_discipline_risk_ratio', 'ind_early_grades_on_track', 'ind_economic_mobility',
        'ind_educator_retention', 'ind_employment_fourth_quarter', 'ind_employment_second_quarter',
        'ind_english_learner_progress', 'ind_english_learner_reclassification', 'ind_event_dropout',
        'ind_exclusionary_discipline', 'ind_expulsion', 'ind_fafsa_completion',
        'ind_fafsa_completion_by_week', 'ind_fafsa_match_rate', 'ind_first_year_credits',
        'ind_gateway_courses', 'ind_grade_6_on_track', 'ind_grade_8_on_track', 'ind_grade_9_on_track',
        'ind_grade_9_on_track_e_w', 'ind_grade_9_on_track_semester_1', 'ind_graduation_rate_4_year',
        'ind_graduation_rate_5_year', 'ind_graduation_rate_6_year', 'ind_growth_gain',
        'ind_growth_percentile', 'ind_growth_residual', 'ind_growth_value_table',
        'ind_high_school_equivalencies', 'ind_in_school_suspension', 'ind_industry_credential',
        'ind_kindergarten_readiness', 'ind_late_bus_tardy_share', 'ind_long_bus_rides', 'ind_median_earnings',
        'ind_median_earnings_constant_dollars', 'ind_membership_october_1',
        'ind_minimum_economic_return', 'ind_on_time_attendance',
        'ind_other_completers', 'ind_out_of_school_suspension', 'ind_per_pupil_expenditure',
        'ind_positive_behavior', 'ind_principal_tenure', 'ind_professional_learning_content',
        'ind_professional_learning_hours', 'ind_professional_learning_participation',
        'ind_professional_learning_quality', 'ind_professional_learning_sustained', 'ind_regular_diplomas',
        'ind_route_efficiency', 'ind_school_climate', 'ind_significant_disproportionality',
        'ind_student_mobility', 'ind_student_mobility_incidence', 'ind_student_stability',
        'ind_student_teacher_ratio', 'ind_students_per_support_staff', 'ind_tardy_rate',
        'ind_teacher_qualification', 'ind_teacher_qualification_gap', 'ind_work_based_learning',
    ]) }}
{% endmacro %}

{#
    What the privacy step is given, and so can be published: the table, the model whose rows it holds, whose definition, and
    the indicator where the model holds several.
#}
{% macro published_tables() %}
    {{ return([
        ('ind_membership_october_1', 'ind_membership_october_1', 'edfacts', none),
        ('ind_average_daily_attendance', 'ind_average_daily_attendance', 'ceds', none),
        ('ind_chronic_absenteeism', 'ind_chronic_absenteeism', 'edfacts', none),
        ('ind_chronic_absenteeism', 'ind_chronic_absenteeism_unduplicated', 'edfacts', none),
        ('ind_exclusionary_discipline', 'ind_exclusionary_discipline', 'openslds', none),
        ('ind_graduation_rate_4_year', 'ind_graduation_rate_4_year', 'essa_last_school', none),
        ('ind_academic_achievement_mathematics', 'ind_academic_achievement', 'report_card', 'I06m'),
        ('ind_academic_achievement_reading', 'ind_academic_achievement', 'report_card', 'I06r'),
        ('ind_academic_achievement_science', 'ind_academic_achievement', 'report_card', 'I06s'),
    ]) }}
{% endmacro %}

{#
    The indicators that answer an element of the report card (seed report_card_indicators), by model. A district's report card
    reads these and no others: nothing of wages is upstream of a table that districts pull.
#}
{% macro report_card_models() %}
    {{ return([
        'ind_academic_achievement', 'ind_advanced_course_completion', 'ind_advanced_course_participation',
        'ind_advanced_course_success', 'ind_alternate_assessment', 'ind_assessment_participation',
        'ind_chronic_absenteeism', 'ind_chronic_absenteeism_unduplicated', 'ind_college_enrollment_16_months',
        'ind_college_sector_16_months', 'ind_cte_concentration', 'ind_english_learner_progress',
        'ind_english_learner_reclassification', 'ind_expulsion', 'ind_grade_9_on_track',
        'ind_graduation_rate_4_year', 'ind_graduation_rate_5_year', 'ind_graduation_rate_6_year', 'ind_growth_gain',
        'ind_growth_percentile', 'ind_growth_residual', 'ind_growth_value_table', 'ind_in_school_suspension',
        'ind_industry_credential', 'ind_membership_october_1', 'ind_out_of_school_suspension',
        'ind_per_pupil_expenditure', 'ind_principal_tenure', 'ind_school_climate', 'ind_teacher_qualification',
        'ind_teacher_qualification_gap', 'ind_work_based_learning',
    ]) }}
{% endmacro %}

{# Indicators about organizations, not students: the state's figure may be told without its numbers. #}
{% macro resource_models() %}
    {{ return([
        'ind_per_pupil_expenditure', 'ind_student_teacher_ratio', 'ind_students_per_support_staff',
        'ind_teacher_qualification', 'ind_educator_retention', 'ind_principal_tenure',
        'ind_professional_learning_participation', 'ind_professional_learning_hours', 'ind_bus_on_time_arrival',
        'ind_bus_minutes_late', 'ind_bus_student_minutes_lost', 'ind_bus_ride_minutes', 'ind_route_efficiency',
    ]) }}
{% endmacro %}

{#
    One query over several indicators, all without `models`: `columns` of each model's rows (`{model}`: its name), the models
    one below the other.
#}
{% macro every_indicator(columns, models=none) -%}
{%- for model in models or indicator_models() %}
    {% if not loop.first %}union all{% endif %}
    select {{ columns | replace('{model}', model) }}
    from {{ ref(model) }}
{%- endfor %}
{%- endmacro %}
