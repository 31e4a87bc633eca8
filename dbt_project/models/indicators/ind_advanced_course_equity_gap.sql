with shares as (
    {{- shares_of_groups() }}
),

-- In percentage points, to six places, in whole numbers until the last step; below zero where the group is left out.
figures as (
    select
        *, null as numerator, null as denominator,
        case when participants > 0 and students > 0 then {{ half_up(
            'abs(group_participants * students - group_students * participants) * 100000000', '(participants * students)') }}
            * cast(0.000001 as decimal(7, 6)) * sign(group_participants * students - group_students * participants)
        end as value
    from shares
)

{{ row_contract('figures', 'I19e', 1, 'index', 'courses', has_value=true) }}
