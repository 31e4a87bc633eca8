-- Finds: years in which October 1 membership of schools, districts and state differ in sum.
-- Matters: always. Each member belongs to one school, so the three must agree, and EDFacts checks that they do.
-- Resolve: a school without a district in dim_organization.
select school_year, disaggregate_type, disaggregate_value
from {{ ref('ind_membership_october_1') }}
group by school_year, disaggregate_type, disaggregate_value
having sum(student_count) filter (where org_level = 'school') <> sum(student_count) filter (where org_level = 'lea')
    or sum(student_count) filter (where org_level = 'lea') <> sum(student_count) filter (where org_level = 'state')
