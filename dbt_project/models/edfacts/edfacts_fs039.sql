{%- set grades = ['PK', 'KG', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '13'] -%}
with grades as (
    select * from (values
        {%- for grade in grades %}
        ('{{ grade }}', {{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as g (grade, place)
),

words as (
    -- What a sender writes for a grade, whatever its format.
    select lower(source_value) as word, min(code) as grade
    from {{ ref('xwalk_grade_level') }}
    group by lower(source_value)
),

schools as (
    select d.school_year, d.org_id, d.lea_id, low.place as low_place, high.place as high_place
    from {{ ref('edfacts_fs029') }} as d
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and d.org_id = o.org_id
    left join words as low_word on lower(o.low_grade) = low_word.word
    left join words as high_word on lower(o.high_grade) = high_word.word
    left join grades as low on low_word.grade = low.grade
    left join grades as high on high_word.grade = high.grade
    where d.org_level = 'school'
),

offered as (
    select s.school_year, s.org_id, s.lea_id, g.grade
    from schools as s
    inner join grades as g on g.place between s.low_place and s.high_place
    union
    -- A school that does not say which grades it offers offers those of its students.
    select s.school_year, s.org_id, s.lea_id, g.grade
    from schools as s
    inner join {{ ref('fct_enrollment') }} as e on s.org_id = e.school_id and s.school_year = e.school_year
    inner join grades as g on e.grade_level_code = g.grade
    where s.low_place is null or s.high_place is null
)

select
    cast(school_year as integer) as school_year, cast('FS039' as varchar) as file_spec,
    cast('school' as varchar) as org_level, cast(org_id as varchar) as org_id, cast(lea_id as varchar) as lea_id,
    cast(grade as varchar) as grade_offered
from offered
union
select school_year, 'FS039', 'lea', lea_id, lea_id, grade from offered
