-- In hundredths of a full-time equivalent: whole numbers.
with shares as (
    select
        authority, school_year, org_level, org_id, split_part(disaggregate_value, ' x ', 1) as measure,
        split_part(disaggregate_value, ' x ', 2) as school_poverty, cast(numerator * 100 as hugeint) as numerator,
        cast(denominator * 100 as hugeint) as denominator, student_count, n_missing, as_of_date, period_start, period_end
    from {{ ref('ind_teacher_qualification') }}
    where disaggregate_type = 'qualification x school_poverty' and denominator > 0
),

organization_rows as (
    select
        h.authority, h.school_year, h.org_level, h.org_id, 'qualification' as disaggregate_type,
        h.measure as disaggregate_value, null as numerator, null as denominator,
        h.student_count + l.student_count as student_count, h.n_missing + l.n_missing as n_missing,
        {{ exact_ratio('100 * abs(h.numerator * l.denominator - l.numerator * h.denominator)', 'h.denominator * l.denominator') }}
            * sign(h.numerator * l.denominator - l.numerator * h.denominator) as value,
        h.as_of_date, h.period_start, h.period_end
    from shares as h
    inner join shares as l
        on h.authority = l.authority and h.school_year = l.school_year and h.org_level = l.org_level
        and h.org_id = l.org_id and h.measure = l.measure and l.school_poverty = 'low'
    where h.school_poverty = 'high'
),

{{ organization_figures('organization_rows', 'I32g', 1, 'percentage_points', 'staff', period_type='day', has_value=true,
    has_own_period=true) }}
