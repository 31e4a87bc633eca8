select
    cast(research_key as varchar) as research_key,
    cast(school_year as integer) as school_year,
    cast(grade_level_code as varchar) as grade_level_code,
    cast(race_ethnicity as varchar) as race_ethnicity,
    cast(sex as varchar) as sex,
    cast(economic_disadvantage as varchar) as economic_disadvantage,
    cast(english_learner as varchar) as english_learner,
    cast(idea as varchar) as idea,
    is_description_withheld,
    cast(school_count as bigint) as school_count,
    cast(days_enrolled as bigint) as days_enrolled,
    cast(days_absent as bigint) as days_absent,
    has_exclusionary_discipline
from {{ ref('deidentified_student_year') }}
