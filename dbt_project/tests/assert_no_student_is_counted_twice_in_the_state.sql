-- Finds: state figures about more students than the state has.
-- Matters: always. A student of two districts must count once in the state.
-- Resolve: the figure was summed over organizations instead of taken from fct_student_year.
{{ config(meta={'dagster': {'ref': {'name': 'ind_cells'}}}) }}
with students as (
    select school_year, count(*) as student_count
    from {{ ref('dim_student_year') }}
    group by school_year
)

select c.table_id, c.school_year
from {{ ref('ind_cells') }} as c
inner join students as s on c.school_year = s.school_year
where c.org_level = 'state' and c.disaggregate_type = 'all' and c.student_count > s.student_count
