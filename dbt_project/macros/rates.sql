{#
    A percentage as a decimal, exact: whole numbers until the last step, halves rounded up. Null where there is no
    denominator. The share is counted in tenths of a percent; with fewer than 100 students in the denominator one student
    moves it by more than a percent, so the tenth says nothing and the whole percent is shown.
#}
{% macro percent_of(numerator, denominator, student_count) -%}
    case
        when {{ numerator }} is null or {{ denominator }} is null or {{ denominator }} = 0 then null
        when {{ student_count }} >= 100 then cast(
            {{ half_up(numerator ~ ' * 1000', denominator) }} * cast(0.1 as decimal(2, 1)) as decimal(7, 1))
        else cast({{ half_up(numerator ~ ' * 100', denominator) }} as decimal(7, 1))
    end
{%- endmacro %}

{# A ratio as a decimal of six places, halves rounded up, in whole numbers until the last step. Null without a denominator. #}
{% macro exact_ratio(numerator, denominator) -%}
    cast(case
        when {{ numerator }} is null or {{ denominator }} is null or {{ denominator }} = 0 then null
        else {{ half_up(numerator ~ ' * 1000000', denominator) }} * cast(0.000001 as decimal(7, 6))
    end as decimal(18, 6))
{%- endmacro %}

{# Division of whole numbers rounded half up, for a at or above 0 and b above 0; `//` divides without a float. #}
{% macro half_up(a, b) -%}
    cast((2 * {{ a }} + {{ b }}) // (2 * {{ b }}) as decimal(18, 0))
{%- endmacro %}

{# Ten percent or more of the days enrolled, in whole numbers: a float would decide 18 of 180 by its last bit. #}
{% macro is_at_least_percent(part, whole, percent) -%}
    (100 * {{ part }} >= {{ percent }} * {{ whole }})
{%- endmacro %}

{# Absent that day: took part in less than half of it. Half a day present is a day present. Source: CEDS 002022. #}
{% macro is_absent_day(absent_fraction) -%}
    ({{ absent_fraction }} > 0.5)
{%- endmacro %}

{# Whether the privacy step kept back any number of a protected cell. #}
{% macro is_withheld() -%}
    (student_count_status = 'withheld' or numerator_status = 'withheld' or denominator_status = 'withheld')
{%- endmacro %}
