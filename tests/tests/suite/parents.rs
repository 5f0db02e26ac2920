//! Promise 5: a child's parent has the child's owner, proven in the statement that writes the child.

use user_scope::{Change, Error, Uuid};

use super::databases::TestDb;
use super::entities::{
    Milestone, NewMilestone, NewProject, NewSubtask, Project, ProjectChanges, Subtask, SubtaskChanges, Task,
};
use super::world::{World, user};

on_each_database_and_in_partitions!(
    a_child_goes_under_ones_own_parent,
    a_foreign_parent_is_answered_as_an_absent_one,
    a_child_cannot_be_moved_under_a_foreign_parent,
    a_parent_with_children_cannot_be_deleted,
    a_parent_may_store_its_owner_otherwise,
    the_parent_is_proven_without_any_foreign_key,
);

async fn a_child_goes_under_ones_own_parent<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let (one, two) = (world.task(&alice, "one").await, world.task(&alice, "two").await);
    let subtasks = world.pool.repository::<Subtask>(&alice);
    let child = subtasks.insert(NewSubtask { task_id: one.id, title: "x".into() }).await.unwrap();
    assert_eq!((child.task_id, child.user_id), (one.id, *alice.user()));
    let moved = SubtaskChanges { task_id: Change::Set(two.id), ..Default::default() };
    assert_eq!(subtasks.update(&child.id, moved).await.unwrap().task_id, two.id);
}

async fn a_foreign_parent_is_answered_as_an_absent_one<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let foreign = world.task(&alice, "hers").await.id;
    for task_id in [foreign, Uuid::now_v7()] {
        let new = NewSubtask { task_id, title: "x".into() };
        let error = world.pool.repository::<Subtask>(&bob).insert(new).await.unwrap_err();
        assert!(matches!(error, Error::ParentNotFound { entity: "subtasks", source: None }), "{error:?}");
        assert_eq!(error.to_string(), "a row of `subtasks` names a parent that does not exist");
    }
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM subtasks").await, 0);
}

async fn a_child_cannot_be_moved_under_a_foreign_parent<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let foreign = world.task(&alice, "hers").await.id;
    let own = world.task(&bob, "his").await.id;
    let subtasks = world.pool.repository::<Subtask>(&bob);
    let child = subtasks.insert(NewSubtask { task_id: own, title: "x".into() }).await.unwrap();
    for task_id in [foreign, Uuid::now_v7()] {
        let moved = || SubtaskChanges { task_id: Change::Set(task_id), ..Default::default() };
        let error = subtasks.update(&child.id, moved()).await.unwrap_err();
        assert!(matches!(error, Error::ParentNotFound { source: None, .. }), "{error:?}");
        // Of a row that is not his he is not told more.
        let error = subtasks.update(&Uuid::now_v7(), moved()).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { entity: "subtasks" }), "{error:?}");
    }
    assert_eq!(subtasks.get(&child.id).await.unwrap(), child);
}

async fn a_parent_with_children_cannot_be_deleted<DB: TestDb>() {
    let (world, alice) = (World::<DB>::open().await, user());
    let task = world.task(&alice, "one").await;
    let new = NewSubtask { task_id: task.id, title: "x".into() };
    world.pool.repository::<Subtask>(&alice).insert(new).await.unwrap();
    let error = world.pool.repository::<Task>(&alice).delete(&task.id).await.unwrap_err();
    assert!(matches!(error, Error::Referenced { entity: "tasks", .. }), "{error:?}");
}

/// One table keeps as VARCHAR what the other keeps as UUID, and either may be the parent.
async fn a_parent_may_store_its_owner_otherwise<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let task = world.task(&alice, "hers").await;
    let projects = world.pool.repository::<Project>(&alice);
    let project = projects.insert(NewProject { name: "p".into(), main_task: Some(task.id) }).await.unwrap();
    assert_eq!(project.user_id, *alice.user());
    let loose = projects.insert(NewProject { name: "q".into(), main_task: None }).await.unwrap();
    let linked = ProjectChanges { main_task: Change::Set(Some(task.id)), ..Default::default() };
    assert_eq!(projects.update(&loose.id, linked).await.unwrap().main_task, Some(task.id));

    let his = world.pool.repository::<Project>(&bob);
    let error = his.insert(NewProject { name: "p".into(), main_task: Some(task.id) }).await.unwrap_err();
    assert!(matches!(error, Error::ParentNotFound { .. }), "{error:?}");

    let milestone = NewMilestone { project_id: project.id, name: "m".into() };
    world.pool.repository::<Milestone>(&alice).insert(milestone).await.unwrap();
    let milestone = NewMilestone { project_id: project.id, name: "m".into() };
    let error = world.pool.repository::<Milestone>(&bob).insert(milestone).await.unwrap_err();
    assert!(matches!(error, Error::ParentNotFound { .. }), "{error:?}");

    // The same without a single user's scope to lean on: the parent must be the row's owner's.
    let system = world.system().await;
    let foreign =
        ProjectChanges { main_task: Change::Set(Some(world.task(&bob, "his").await.id)), ..Default::default() };
    let error = system.repository::<Project>().update(&project.id, foreign).await.unwrap_err();
    assert!(matches!(error, Error::ParentNotFound { .. }), "{error:?}");
    let own =
        ProjectChanges { main_task: Change::Set(Some(world.task(&alice, "more").await.id)), ..Default::default() };
    system.repository::<Project>().update(&project.id, own).await.unwrap();
}

async fn the_parent_is_proven_without_any_foreign_key<DB: TestDb>() {
    let (world, alice, bob) = (World::<DB>::open().await, user(), user());
    let project = NewProject { name: "p".into(), main_task: None };
    let project = world.pool.repository::<Project>(&alice).insert(project).await.unwrap();
    // The table `milestones` has no foreign key at all.
    for project_id in [project.id, Uuid::now_v7()] {
        let new = NewMilestone { project_id, name: "m".into() };
        assert!(world.pool.repository::<Milestone>(&bob).insert(new).await.is_err());
    }
    assert_eq!(DB::number(&world.raw, "SELECT count(*) FROM milestones").await, 0);
}
