{{ config(materialized='view') }}

{{ edfacts_students(ref('dim_student_year')) }}
