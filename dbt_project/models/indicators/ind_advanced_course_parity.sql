with shares as (
    {{- shares_of_groups() }}
),

-- The ratio of the two shares: a group with every fifth student and every tenth participant has 0.5.
figures as (
    select
        *, group_participants * students as numerator, group_students * participants as denominator
    from shares
)

{{ row_contract('figures', 'I19f', 1, 'ratio', 'courses') }}
