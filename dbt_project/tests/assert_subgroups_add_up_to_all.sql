-- Finds: indicator rows of everyone that differ from the sum over the values of a subgroup dimension.
-- Matters: always. A student outside every group is left out of the report card; the privacy step relies on the sums.
-- Resolve: a value in dim_student_year that the seed subgroup_values does not list.
with cells as (
    select
        table_id, school_year, org_level, org_id, disaggregate_type,
        sum(student_count) as student_count, sum(coalesce(numerator, 0)) as numerator,
        sum(coalesce(denominator, 0)) as denominator
    from {{ ref('ind_cells') }}
    group by table_id, school_year, org_level, org_id, disaggregate_type
)

select g.*
from cells as g
inner join cells as a
    on g.table_id = a.table_id and g.school_year = a.school_year and g.org_level = a.org_level
    and g.org_id = a.org_id and a.disaggregate_type = 'all'
where g.student_count <> a.student_count or g.numerator <> a.numerator or g.denominator <> a.denominator
