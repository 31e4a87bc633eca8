with parameters as (
    {{ parameters_of('I08', ['requires_full_year']) }}
),

students as (
    select p.authority, p.requires_full_year, g.*
    from {{ ref('fct_student_growth') }} as g
    inner join parameters as p on {{ holds_in('p', 'g.school_year') }}
    where g.residual is not null and g.exclusion_reason is null
),

student_rows as (
    {{- at_each_level('students', ['subject', 'residual'], 'r.requires_full_year = 0 or r.is_full_year_{level}') }}
),

organizations as (
    select authority, school_year, subject, org_level, org_id, count(*) as student_count, sum(residual) as total,
        sum(residual * residual) as total_of_squares
    from student_rows
    where org_level <> 'state'
    group by authority, school_year, subject, org_level, org_id
),

-- A decimal before it is summed: sums of floats depend on their order.
squared as (
    select *, cast(cast(total as double) * cast(total as double) / student_count as decimal(28, 12)) as square_of_total
    from organizations
),

totals as (
    select authority, school_year, subject, org_level, count(*) as organization_count,
        cast(sum(student_count) as double) as n, cast(sum(student_count * student_count) as double) as n_squares,
        cast(sum(total) as double) as total, cast(sum(total_of_squares) as double) as total_of_squares,
        cast(sum(square_of_total) as double) as squares_of_totals
    from squared
    group by authority, school_year, subject, org_level
),

-- One-way analysis of variance of unequal groups: what students of one organization differ by, and what organizations do.
mean_squares as (
    select
        *, (total_of_squares - squares_of_totals) / (n - organization_count) as within_variance,
        (squares_of_totals - total * total / n) / (organization_count - 1) as between_mean_square,
        (n - n_squares / n) / (organization_count - 1) as typical_size
    from totals
    where organization_count > 1 and n > organization_count
),

variances as (
    select
        authority, school_year, subject, org_level, cast(greatest(within_variance, 0) as decimal(18, 9)) as within_variance,
        cast(greatest((between_mean_square - within_variance) / typical_size, 0) as decimal(18, 9)) as between_variance
    from mean_squares
),

shrunken as (
    select
        o.authority, o.school_year, o.subject, o.org_level, o.org_id, o.student_count,
        cast(o.total as double) / o.student_count as mean_residual, v.within_variance, v.between_variance,
        {{ shrinkage('v.between_variance', 'v.within_variance', 'o.student_count') }} as shrinkage
    from organizations as o
    left join variances as v
        on o.authority = v.authority and o.school_year = v.school_year and o.subject = v.subject and o.org_level = v.org_level
)

select
    authority, school_year, subject, org_level, org_id, student_count,
    cast(mean_residual as decimal(18, 6)) as mean_residual, within_variance, between_variance,
    cast(shrinkage as decimal(18, 6)) as shrinkage, cast(shrinkage * mean_residual as decimal(18, 6)) as effect,
    cast(sqrt(between_variance * (1 - shrinkage)) as decimal(18, 6)) as standard_error
from shrunken
